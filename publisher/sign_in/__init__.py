"""How somebody proves who they are: one module a method, each giving an ENT profile or a failure."""
