"""What a configuration says: addresses, users, names of secrets, values of the form. To set up a chain from them.

``facts`` defines what is read, ``reading`` reads one configuration, ``configuration_set`` those of one customer.
"""
