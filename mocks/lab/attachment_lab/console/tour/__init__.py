"""The guided tour: a story on the console's own pages, step by step, in captions over them."""
