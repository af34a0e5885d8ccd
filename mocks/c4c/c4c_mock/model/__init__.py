"""The rules of C4C and the objects that they apply to, without HTTP, Flask or tenant."""
