// The signals that `run` collects for its container.
#pragma once

// From now on signals are collected; false and errno where they can't be.
bool BeginSignals();

// Where the numbers of the collected ones are read from; -1 before BeginSignals.
int CollectedSignals();

// A descriptor that is readable once a signal has come that asks the runtime itself to end (HUP, INT, QUIT, TERM, unless
// the caller ignores it); -1 before BeginSignals.
int Interruption();

// That signal, which is thereby taken; 0: none.
int TakeInterruption();
