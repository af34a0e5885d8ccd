"""The scorecard for people and programs: text, JUnit, HTML, badge."""
