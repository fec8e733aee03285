// The package's worker in an engine without relaxed SIMD.
import './without-relaxed-simd.js';
import '../../../dist/npm/dist/worker.js';
