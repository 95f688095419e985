"""Tenants out of numbers: a seed says what a project holds; it is built, backed up, lost, brought back, compared.

`draw` makes a blueprint of a seed, without any cloud; `build` makes the blueprint real; `look` sees what a project
holds; `pairing` finds which thing after stands for which before; `compare` judges, by the tables `given` and
`announced`; `story` has the order of events. Nothing here imports Hoarfrost: it is called as a user calls it.
"""
