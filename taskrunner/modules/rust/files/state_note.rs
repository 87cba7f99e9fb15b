/// What the module remembers. It lies in memory, which the node keeps from message to message.
