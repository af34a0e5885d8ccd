"""The demo's customers: three people, a dozen chats in every state, with files one would really send.

Data in ``customers.toml``, files in ``files`` and ``pictures``, played into a tenant by ``load``.
"""
