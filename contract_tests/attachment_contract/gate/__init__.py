"""The contract gate: checks a configuration of Contact Pro's event-driven integration for chat attachments.

``json_reader`` reads the text into nodes with positions, ``configuration`` makes the rule context, the modules in
``rules`` return raw findings, ``check`` makes the report. ``catalogue.toml`` describes each rule; the pages in
``docs/rules`` are generated from it.
"""
