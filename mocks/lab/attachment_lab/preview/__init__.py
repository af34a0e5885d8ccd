"""Shows a customer's file without trusting it: its type by its bytes, and newly rendered pictures of it.

``file_types`` detects the type from the first bytes and guesses a text's charset, ``renderer`` renders images and PDF
pages in a process of its own (``__main__``) with limits on memory and time.
"""
