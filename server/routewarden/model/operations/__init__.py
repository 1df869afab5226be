"""What endpoints do: from a handler through the workspace to the data it touches, and the records that are left on the way.

Start at `engine.Operations`: `of(endpoint)` gives what an endpoint's handler destroys or overwrites, each with its path, and what no
record covers. Below it, each usable by itself (AP101 builds on the first three):

- `static_types.Typing`: the static type of any expression of a body, and which method a call means (`Invocation`).
- `environment.Env`: the names of a body, with their types and the expressions they were given; `enter` makes one for a `Routine`
  (a method, lambda or local function, with the closed type of its `this`).
- `dispatch.Dispatch`: which workspace bodies a call may run in one app: overrides, registered implementations, handlers of requests.
- `effects`: a body as a tree of what matters (operations, records, calls, branches, ends), made by `walk`.
- `solve`: effects put together over all calls, cycles included; the answer does not depend on the order of questions.
- `sinks`, `records`, `sql`: what a framework method, a log call or an SQL text does.
- `hooks`: interceptors, `SaveChanges` overrides, pipeline behaviours, filters, middleware: what runs without being called.

Invariant: every look-up goes through tracked answers (`model.tracking`), so an edit drops what rests on it and nothing else.
"""
