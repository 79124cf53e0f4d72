#pragma once
// For the flags of its pkg-config file: CMPI's C reads mpi.h.
