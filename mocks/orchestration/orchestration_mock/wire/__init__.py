"""HTTP below the routes: request bodies, errors, and the requests that the event engine sends."""
