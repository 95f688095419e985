"""A repository of many terabytes without the terabytes: what memory, collection and an increment cost there."""
