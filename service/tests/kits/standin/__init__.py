"""A raw-socket stand-in for the service's neighbours, and the real service as processes between them."""
