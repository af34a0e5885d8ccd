// The page's own address.

import { withTour } from "../logic/tour_steps.js";

export const parameter = (name) => new URLSearchParams(location.search).get(name);

// Put what a page shows into its address. The tour's parameters stay: without them a reload would end the tour.
export function showInAddress(parameters) {
  const shown = withTour(new URLSearchParams(parameters), new URLSearchParams(location.search));
  history.replaceState(null, "", shown.size ? `?${shown}` : location.pathname);
}
