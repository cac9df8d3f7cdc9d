"""The adaptor of engines that start a container for each step: it stands between the engine and the step contract.

    python -m mlpc_stdlib.runtime.container --workflow /mlpc/workflow.json --node forest --store /mlpc/store

Inside a step's image it builds the task of one node from the workflow and from what lies in the store, runs it (again
where that is declared), and records what came of it. Only the standard library is imported.

===============  ==========================================================================================
``graph.py``     the workflow as its JSON says it: nodes, and what each waits for
``store.py``     where artefacts and records lie, and which records belong together
``values.py``    run-time parameters from text, arguments computed
``attempts.py``  one task: attempts, timeouts, SIGTERM
``judging.py``   one gate
``serving.py``   one service, and what it serves
``summary.py``   what a run came to
``__main__.py``  the command line
===============  ==========================================================================================
"""
