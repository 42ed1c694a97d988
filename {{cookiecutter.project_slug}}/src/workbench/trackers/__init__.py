"""Tools that show and compare runs, of which `configs/tracker/` chooses one."""
