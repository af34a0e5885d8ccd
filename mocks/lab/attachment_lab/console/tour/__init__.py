"""The guided tour: a story told on the console's own pages, step by step, by captions that lie over them."""
