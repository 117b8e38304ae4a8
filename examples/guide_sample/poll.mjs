// The polling function of the vendor's guide. Only the host, the token and what notifyCustomer does are filled in.
const { FLEXFORWARD_BASE_URL, FLEXFORWARD_LABEL_ID, FLEXFORWARD_TOKEN } = process.env;

async function notifyCustomer(tracking) {
  console.log(`notify: ${tracking.tag}`);
}

async function pollTracking(labelId, token) {
  let lastTag = null;

  const interval = setInterval(async () => {
    const response = await fetch(
      `${FLEXFORWARD_BASE_URL}/tracking/${labelId}`,
      { headers: { 'Authorization': `Bearer ${token}` } }
    );
    const tracking = await response.json();

    if (tracking.tag !== lastTag) {
      lastTag = tracking.tag;
      await notifyCustomer(tracking); // Your notification logic
    }

    // Stop polling when shipment reaches a terminal state
    if (['Delivered', 'Cancelled'].includes(tracking.tag)) {
      clearInterval(interval);
    }
  }, 30 * 60 * 1000); // Every 30 minutes
}

pollTracking(FLEXFORWARD_LABEL_ID, FLEXFORWARD_TOKEN);
