"""A twin of SAP Cloud for Customer's OData V2 interface, for one laptop and no tenant.

``model`` has state and rules, ``wire`` reads and writes OData, ``routes`` joins the two to Flask.
Every behaviour that no source settles is a switch in ``dialect.toml`` with its evidence label.
"""
