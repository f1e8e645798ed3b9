// Room to be written.
