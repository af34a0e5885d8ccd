"""From a request to a reply: ``odata`` is the entry, ``control*`` are the ``/_mock`` routes."""
