package dev.holdfast.cli;

/**
 * One record of the demo's input.
 *
 * @param origin the airport left
 * @param delay arrival delay in minutes; negative is early
 * @param distance miles between the airports
 */
record Flight(String origin, int delay, int distance) {}
