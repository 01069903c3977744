"""Elements, attributes and order of the full 2013 manifest schema, and of the files beside the manifest (migration-package 5
and 6), as far as a SharePoint site's content needs them."""

from __future__ import annotations

from dataclasses import dataclass

GUID, TEXT, TRUTH, NUMBER, DATE = "g", "s", "b", "i", "d"


@dataclass(frozen=True, slots=True)
class Shape:
    """`attributes` by name with their type; `open` lets others pass. `children` are allowed, in this order where `ordered`;
    with `anything` whatever stands inside is let pass."""

    attributes: dict[str, str]
    required: frozenset[str]
    children: tuple[str, ...] = ()
    open: bool = False
    ordered: bool = False
    anything: bool = False


def _shape(
    text: str, *children: str, any_attribute: bool = False, ordered: bool = False, anything: bool = False
) -> Shape:
    """`Name` is text, `Name:g` a GUID, `Name!` is required."""
    attributes: dict[str, str] = {}
    required: set[str] = set()
    for word in text.split():
        name, _, kind = word.partition(":")
        if name.endswith("!"):
            name = name[:-1]
            required.add(name)
        attributes[name] = kind or TEXT
    return Shape(attributes, frozenset(required), children, any_attribute, ordered, anything)


_MADE = "Author ModifiedBy TimeCreated:d TimeLastModified:d"
_WEB = (
    "Id!:g ParentId! Name Title Locale Language:i IsRootWeb!:b ServerRelativeUrl! CurrencyLocaleId RegionalSettingsLocaleId "
    "RequestAccessEmail TimeZoneId:i Time24:b CalendarType AdjustHijriDays Collation AlternateCalendarType ShowWeeks:b "
    "FirstWeekOfYear WorkDays WorkDayStartHour WorkDayEndHour FirstDayOfWeek Description AlternateHeader Author Configuration "
    "HasUniqueRoleAssignments:b HasUniqueRoleDefinitions:b Created:d ThemeComposite ThemedCssFolderUrl WebTemplate "
    "AnonymousState RootFolderId:g SystemCatalogsIncluded:b WelcomePageUrl AlternateCssUrl CustomJSUrl MasterUrl "
    "CustomMasterUrl SiteLogoUrl SiteLogoDescription UseSharedNavigation:b UIVersion IsMultilingual:b AlternateUICultures "
    "OverwriteTranslationsOnChange:b NoCrawl:b AllowAutomaticASPXPageIndexing:b PresenceEnabled:b SyndicationEnabled:b "
    "QuickLaunchEnabled:b TreeViewEnabled:b ParserEnabled:b Provisioned:b ExcludeFromOfflineClient:b EnableMinimalDownload:b "
    "HideSiteContentsLink:b"
)
_LIST = (
    "Id!:g Title! RootFolderId:g RootFolderUrl! ParentWebId!:g ParentWebUrl BaseType BaseTemplate! TemplateFeatureId "
    "Description Direction DocumentTemplateId ImageUrl AllowDeletion:b EnableAttachments:b EnableModeration:b "
    "EnableVersioning:b EnableMinorVersions:b RequestAccessEnabled:b DraftVersionVisibility ForceCheckout:b "
    "ExcludeFromTemplate:b Hidden:b MultipleDataList:b Ordered:b ShowUser:b EnablePeopleSelector:b EnableResourceSelector:b "
    "NoThrottleListOperations:b Author Created:d OnQuickLaunch:b ReadSecurity WriteSecurity Version MajorVersionLimit:i "
    "MajorWithMinorVersionsLimit EmailAlias EnableContentTypes:b NavigateForFormsPages:b EnableFolderCreation:b "
    "DefaultItemOpen EnableSyndication:b IrmEnabled:b IrmExpire:b IrmReject:b NoCrawl:b EnforceDataValidation:b "
    "PreserveEmptyValues:b StrictTypeCoercion:b ValidationFormula ValidationMessage DisableGridEditing:b BrowserFileHandling "
    "HasUniqueRoleAssignments:b ReadOnlyUI:b Modified:d DocumentTemplateUrl IsCatalog:b ThumbnailSize WebImageHeight "
    "WebImageWidth"
)
_LIST_CHILDREN = (
    *("Fields", "ContentTypes", "Views", "Forms", "EventReceivers", "DeletedFields", "DeletedViews"),
    *("DeletedContentTypes", "Validation", "UserCustomActions", "Resources", "FieldIndexes"),
)

MANIFEST: dict[str, Shape] = {
    "SPObjects": _shape("", "SPObject"),
    "SPObject": _shape(
        "ObjectType! Id:g ParentId:g Name IsDeleted:b IsSiteRename:b ParentWebId:g ParentWebUrl ContentTypeId Url",
        anything=True,
    ),
    "Site": _shape("Id:g", "UserCustomActions"),
    "Web": _shape(
        _WEB,
        *("Properties", "SiteEventReceivers", "EventReceivers", "UserCustomActions", "Resources", "UserSolutions"),
        ordered=True,
    ),
    "List": _shape(_LIST, *_LIST_CHILDREN),
    "DocumentLibrary": _shape(_LIST, *_LIST_CHILDREN),
    "Folder": _shape(
        "Id:g Name Url ParentFolderId:g ParentWebId:g ParentWebUrl ContainingDocumentLibrary:g WelcomePageUrl "
        f"WelcomePageParameters ListItemIntId:i {_MADE} ProgId SortBehavior",
        "Properties",
    ),
    "File": _shape(
        "Name Id!:g Url! ListItemIntId:i InDocumentLibrary:b ParentWebId!:g ParentWebUrl ParentId!:g ListId:g FileValue "
        f"CheckinComment Version {_MADE} FailureMessage IsGhosted:b SetupPath SetupPathUser SetupPathVersion FileSize:i",
        *("Properties", "Versions", "WebParts", "Personalizations", "Links", "EventReceivers", "VersionEvents"),
        any_attribute=True,
        ordered=True,
    ),
    "ListItem": _shape(
        f"Name DirName FileUrl Version Id!:g IntId:i DocId:g {_MADE} ParentWebId:g ParentListId!:g ParentFolderId:g "
        "ModerationStatus ModerationComment ContentTypeId ProgId Order ThreadIndex UserSolutionActivated:b DocType "
        "UserLoginName GroupName FailureMessage",
        *("Fields", "Versions", "Attachments", "Links", "EventReceivers"),
        any_attribute=True,
    ),
    "Attachment": _shape(
        f"Name DirName Url Id:g ParentWebId:g FileValue MetaInfo {_MADE} FailureMessage", "Properties", ordered=True
    ),
    "Versions": _shape("", "File", "ListItem"),
    "Attachments": _shape("", "Attachment"),
    "Properties": _shape("", "Property"),
    "Property": _shape("Name! Value Value2 Id Type Access"),
    "Field": _shape("", any_attribute=True, anything=True),
    "Fields": _shape("", "Field", "FieldRef"),
    "ContentTypes": _shape("", anything=True),
    "ContentType": _shape("", any_attribute=True, anything=True),
    "FieldTemplate": _shape("Id:g Name ParentWebId:g Scope Description Group PushChangesToList:b", "Field"),
    "Roles": _shape("", "Role"),
    "Role": _shape("RoleId!:i Title! Description PermMask!:i Hidden!:b RoleOrder Type"),
    "RoleAssignments": _shape("", "RoleAssignment"),
    "RoleAssignment": _shape(
        "ScopeId!:g RoleDefWebId!:g RoleDefWebUrl! ObjectId!:g ObjectType!:i ObjectUrl! AnonymousPermMask", "Assignment"
    ),
    "Assignment": _shape("RoleId!:i PrincipalId!:i"),
}
"""What is not listed (views, web parts, events) is let pass where its parent allows it."""

PAYLOADS = {
    "SPSite": "Site",
    "SPWeb": "Web",
    "SPList": "List",
    "SPDocumentLibrary": "DocumentLibrary",
    "SPPictureLibrary": "PictureLibrary",
    "SPFolder": "Folder",
    "SPFile": "File",
    "SPListItem": "ListItem",
    "SPContentType": "ContentType",
    "SPDocumentTemplate": "DocumentTemplate",
    "SPListTemplate": "ListTemplate",
    "SPWebTemplate": "WebTemplate",
    "SPModule": "Module",
    "SPFeature": "Feature",
    "DeploymentFieldTemplate": "FieldTemplate",
    "DeploymentWebStructure": "WebStructure",
    "DeploymentRoles": "Roles",
    "DeploymentRoleAssignments": "RoleAssignments",
    "DeploymentUserX": "UserX",
    "DeploymentGroupX": "GroupX",
    "DeploymentRoleX": "RoleX",
    "DeploymentRoleAssignmentX": "RoleAssignmentX",
}
"""`ObjectType` → payload element (migration-package 6)."""

COMPANIONS: dict[str, tuple[str, str]] = {
    "Manifest.xml": ("SPObjects", "urn:deployment-manifest-schema"),
    "ExportSettings.xml": ("ExportSettings", "urn:deployment-exportsettings-schema"),
    "SystemData.xml": ("SystemData", "urn:deployment-systemdata-schema"),
    "UserGroup.xml": ("UserGroupMap", "urn:deployment-usergroupmap-schema"),
    "RootObjectMap.xml": ("RootObjects", "urn:deployment-rootobjectmap-schema"),
    "Requirements.xml": ("Requirements", "urn:deployment-requirements-schema"),
    "LookupListMap.xml": ("LookupLists", "urn:deployment-lookuplistmap-schema"),
    "ViewFormsList.xml": ("ViewFormsList", "urn:deployment-viewformlist-schema"),
}
"""File → root element and namespace; the last one is singular (migration-package 5)."""
