#include "CMPI.h"

#include <mpi.h>
#include <string.h>

static MPI_Request request = MPI_REQUEST_NULL;

int cmpi_start(void) {
  int provided = 0;
  int error = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  if (error == MPI_SUCCESS && provided < MPI_THREAD_SERIALIZED) error = MPI_ERR_OTHER;
  if (error == MPI_SUCCESS) error = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  return error;
}

int cmpi_rank(void) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

int cmpi_count(void) {
  int count = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  return count;
}

void cmpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

int cmpi_finish(void) { return MPI_Finalize(); }

void cmpi_words(int error, char *words, size_t room) {
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  if (room == 0) return;
  if (MPI_Error_string(error, text, &length) != MPI_SUCCESS) length = 0;
  size_t count = (size_t)length < room - 1 ? (size_t)length : room - 1;
  memcpy(words, text, count);
  words[count] = 0;
}

int cmpi_gather(void *buffer, const int *sizes, const int *places) {
  return MPI_Iallgatherv(
      MPI_IN_PLACE, 0, MPI_BYTE, buffer, sizes, places, MPI_BYTE, MPI_COMM_WORLD, &request);
}

int cmpi_exchange(const void *sent, const int *sizes, const int *places, void *received,
                  const int *received_sizes, const int *received_places) {
  return MPI_Ialltoallv(
      sent, sizes, places, MPI_BYTE, received, received_sizes, received_places, MPI_BYTE,
      MPI_COMM_WORLD, &request);
}

int cmpi_is_done(int *error) {
  int flag = 0;
  *error = MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
  return flag;
}
