"""At least 120 broken workspaces in small, each made by really breaking one thing of a good one."""
