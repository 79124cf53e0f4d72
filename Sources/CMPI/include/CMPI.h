// The few functions of MPI that seer-mpi needs. MPI's constants are macros, which Swift cannot read.
//
// One exchange at a time, begun and then asked for until it is done, so that who waits can look after
// other things. Calls may come from any thread, one at a time. Functions return 0, or MPI's code of an
// error (cmpi_words).
#pragma once

#include <stddef.h>

/// Joins the job that mpirun has started; without one this process is a job of one rank.
int cmpi_start(void);
int cmpi_rank(void);
int cmpi_count(void);

/// Ends this process and all others of the job with an exit code.
void cmpi_abort(int code);
/// Leaves the job; waits until all ranks do.
int cmpi_finish(void);

/// The words for an error: writes at most `room` bytes with the 0 at the end.
void cmpi_words(int error, char *words, size_t room);

/// Begins to give each rank's bytes of a buffer to all: `sizes` and `places` have one number a rank.
int cmpi_gather(void *buffer, const int *sizes, const int *places);
/// Begins to send a piece to every rank and to receive one from each.
int cmpi_exchange(const void *sent, const int *sizes, const int *places, void *received,
                  const int *received_sizes, const int *received_places);
/// Whether what was begun is done; `error` is MPI's.
int cmpi_is_done(int *error);
