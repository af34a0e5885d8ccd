"""The gate: is this configuration right? JSON text → nodes with places → topics of rules → report.

``jsontext`` reads, ``configuration`` finds its way in what was read, the modules in ``topics`` judge, ``judge``
puts it together. ``catalogue.toml`` says what each rule is about; the pages in ``docs/rules`` are made of it.
"""
