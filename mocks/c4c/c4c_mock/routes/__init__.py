"""From a request to a reply. Only ``odata`` and ``control`` know Flask; the rest also serves $batch parts."""
