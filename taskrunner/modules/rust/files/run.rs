/// Finds the action of a message. An `Err` becomes an error reply, and the process goes on.
fn run(message: &Message, reply: &mut Reply) -> Result<(), Problem> {
    if message.is_spawn() {
        return Ok(()); // the first message is the process itself
    }
    let state = host::state();
    match message.action() {
        // ACTIONS
        _ => Err(Problem::new("unknown action ", message.action())),
    }
}
