# SPDX-License-Identifier: Apache-2.0
# New domains and users, as an operator adds them: by ldapadd.
from instance import Account

DOMAIN = """dn: o={0},{1}
objectClass: organization
objectClass: sunManagedOrganization
objectClass: sunNameSpace
objectClass: domainRelatedObject
objectClass: inetDomain
objectClass: mailDomain
o: {0}
sunPreferredDomain: {0}
associatedDomain: {0}
inetDomainStatus: active
mailDomainStatus: active
{2}
dn: ou=People,o={0},{1}
objectClass: organizationalUnit
ou: People

"""
USER = """dn: uid={0},ou=People,o={1},{2}
objectClass: inetOrgPerson
objectClass: inetUser
objectClass: inetMailUser
objectClass: inetLocalMailRecipient
uid: {0}
cn: {0}
sn: {0}
mail: {0}@{1}
inetUserStatus: active
mailUserStatus: active
mailDeliveryOption: mailbox
userPassword: {3}

"""


def domain_ldif(instance, domain, more=""):
    """A hosted domain without users; `more` are further lines of its entry."""
    return DOMAIN.format(domain, instance["ldap_base"], more)


def add_users(instance, domain, prefix, count, password="secret"):
    """`count` new users PREFIX0, PREFIX1, … of a hosted domain, as accounts."""
    names = [f"{prefix}{n}" for n in range(count)]
    instance.ldap("ldapadd", "".join(USER.format(name, domain, instance["ldap_base"], password) for name in names))
    return [Account(instance, f"{name}@{domain}", password, f"{name}@{domain}") for name in names]
