export { virtualClock } from "#kit/rehearse/clock.ts";
