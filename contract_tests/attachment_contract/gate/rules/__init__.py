"""The rules by subject: functions from a :class:`RuleContext` to raw findings. ``gate/check.py`` lists them."""
