// Says that the lab cannot be reached, for as long as that is so.

import { Loader } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useLab } from '../state/lab.ts';

/** A connection that comes at once needs no word. */
const PATIENCE_MILLISECONDS = 600;

const words = {
  connecting: 'Connecting to the lab …',
  lost: 'The lab cannot be reached; trying again … If it was stopped, start it again: its runs wait at their last checkpoint.',
  refused: 'The lab was started anew. Open the address it printed; this window then goes on, too.',
} as const;

export function ConnectionBanner() {
  const connection = useLab(state => state.connection);
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (connection === 'open') return setLate(false);
    const timer = setTimeout(() => setLate(true), PATIENCE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [connection]);
  if (connection === 'open' || !late) return undefined;
  return (
    <div className="connection-banner" role="status">
      <Loader size={14} color="currentColor" />
      {words[connection]}
    </div>
  );
}
