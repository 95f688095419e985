"""A repository of a hundred terabytes without the terabytes: what memory and collection cost there."""
