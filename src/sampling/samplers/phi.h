// What integrals of exponentials leave of a step h in exponential integrators, Hochbruck and Ostermann 2010:
// phi_1(h) = (e^h - 1) / h, phi_2(h) = (phi_1(h) - 1) / h, phi_3(h) = (phi_2(h) - 1/2) / h. h is not 0.
#pragma once

#include <cmath>

namespace pxf {

inline double phi_1(double h) { return std::expm1(h) / h; }
inline double phi_2(double h) { return (phi_1(h) - 1) / h; }
inline double phi_3(double h) { return (phi_2(h) - 0.5) / h; }

}  // namespace pxf
