import AppID from 'ibmcloud-appid-js';

const client = new AppID();
export const open = () => client.init({ clientId: 'shop', discoveryEndpoint: 'https://login.example.com/.well-known/openid-configuration' });
export const signIn = () => client.signin();
export const renew = () => client.silentSignin();
export const info = (token) => client.getUserInfo(token);
