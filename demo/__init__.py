"""The demonstration: a tenant that survives the loss of its cloud, judged by witnesses of its own.

`tenant` builds it, `observe` looks at it, `compare` judges, `story` tells. Nothing here imports Hoarfrost: it is
called as a user calls it. The flow tests use the same parts.
"""
