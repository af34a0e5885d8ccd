"""The edge proxy: one address through which any process reaches the mocks under their neighbours' real names.

It knows no neighbour: hosts, ports and paths are registered by those who start it (``/_mock/edge/routes``). What is
not registered is answered 421 and recorded, and never leaves this machine.

    client ─► listener (TLS, CONNECT, HTTP) ─► request (framing) ─► registry ─► relay ─► target
"""
