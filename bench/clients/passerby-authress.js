/** Ours: guests of Authress, in a hidden frame. */
import { LoginClient } from '@passerby/login';

export * from './ours.js';
export const label = 'Passerby, Authress';
export const create = ({ auth, app }) => new LoginClient({ authressApiUrl: auth, applicationId: 'app_x', guestConnectionId: 'sc_guests', frameUrl: `${app}/callback` });
