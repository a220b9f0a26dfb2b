import { LoginClient } from '@passerby/login';

export const login = new LoginClient({ authressApiUrl: 'https://login.example.com', applicationId: 'app_shop', guestConnectionId: 'sc_guests' });
