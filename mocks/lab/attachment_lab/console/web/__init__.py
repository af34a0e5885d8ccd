"""What all pages share: the page, its errors, stored files, the tenant API, the reverse proxy."""
