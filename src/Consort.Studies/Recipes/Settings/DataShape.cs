namespace Consort.Studies.Recipes.Settings;

/// <summary>Whose columns the data have; it decides the settings, and which published numbers are about them.</summary>
internal enum DataShape
{
    /// <summary>None that is known here.</summary>
    Other,

    /// <summary>Frappe, app usage.</summary>
    Frappe,

    /// <summary>Criteo display advertising; synthetic clicks have the same columns.</summary>
    Criteo,

    /// <summary>Avazu click-through rate.</summary>
    Avazu,
}
