"""Backup and restore of a disk image: the engine beside restic, borg, and the least that has to be done."""
