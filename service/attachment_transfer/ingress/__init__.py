"""The service's door: bearer, schema, policy, accept. And what people ask of it afterwards."""
