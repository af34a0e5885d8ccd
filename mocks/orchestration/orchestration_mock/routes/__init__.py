"""The addresses of the mock. A handler reads the request, calls the model and answers."""
