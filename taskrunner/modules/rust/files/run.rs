/// Finds the action of a message. An `Err` becomes an error reply, and the process goes on.
fn run(message: &Message, reply: &mut Reply) -> Result<(), Problem> {
    let state = host::state();
    match message.action() {
        // ACTIONS
        _ => Err(Problem::new("unknown action ", message.action())),
    }
}
