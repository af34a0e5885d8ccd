"""A twin of SAP Cloud for Customer's OData V2 interface, for one laptop and no real tenant.

``tenant`` is the state of one, ``model`` has the rules, ``wire`` reads and writes OData, ``routes`` joins all to Flask.
Every behaviour that no source settles is a switch in ``dialect.toml`` with its evidence label.
"""
