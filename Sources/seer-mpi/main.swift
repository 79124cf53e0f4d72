import ArgumentParser
import CMPI
import Foundation
import SeerSupport
import seer

Program.prepare()
let error = cmpi_start()
guard error == 0 else {
  Report.note(MPIRanks.failure(error, place: "MPI").description)
  exit(Failure.Kind.software.exitCode)
}
let isFirst = cmpi_rank() == 0
// A rank that ends otherwise than well takes the others with it.
Report.ending.withLock {
  $0 = { status in
    if status == 0 { _ = cmpi_finish() } else { cmpi_abort(status) }
  }
}
Program.run(
  SeerMPI.self,
  onFailure: { error in
    guard !isFirst else { return }
    // Help and version are told once.
    if SeerMPI.exitCode(for: error) == .success { Report.end(0) }
    // What all ranks find wrong the first one tells, and ends the others meanwhile.
    sleep(1)
  })
