#!/usr/bin/env python3
"""Makes the arrays of npy_test.go with numpy. Usage: make.py, in this folder."""
import numpy as np

base = np.arange(24).reshape(2, 3, 4) - 5
for dtype in "<f2", "<f4", "<f8", "|i1", "<i4", "<i8", ">f4", ">f8", ">i4":
    np.save("values_" + dtype.strip("<|").replace(">", "be_") + ".npy", base.astype(dtype))
np.save("values_u1.npy", (base + 5).astype("u1"))
np.save("fortran.npy", np.asfortranarray(base.astype("f4")))
np.save("scalar.npy", np.float32(2.5))
np.save("empty.npy", np.zeros((0, 3), "f4"))
np.save("halves.npy", np.array([0, -0.0, 1, -2.5, 65504, 2.0**-14, 2.0**-24, -(2.0**-20), np.inf, -np.inf, np.nan], "f2"))
np.save("special.npy", np.array([np.inf, -np.inf, np.nan, 1e300, 0.1, 1e-46], "f8"))
for v in 2, 3:
    with open(f"version{v}.npy", "wb") as f:
        np.lib.format.write_array(f, base.astype("f4"), version=(v, 0))
np.save("complex.npy", np.zeros(2, "c8"))
np.save("records.npy", np.zeros(2, [("a", "f4"), ("b", "i4")]))
np.savez_compressed("packed.npz", image=base.astype("f4"), scale=np.zeros((2, 10000), "u1"))
