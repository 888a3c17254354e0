namespace Consort.Foundation.Options;

/// <summary>
/// The catalogues by which a file's names are resolved: those that come along, but for those that a program puts in their place, with
/// models, strategies, schedules or optimizers of its own.
/// </summary>
public sealed class Catalogues
{
    private readonly IReadOnlyList<object> _own;

    private Catalogues(IReadOnlyList<object> own) => _own = own;

    /// <summary>Those that come along.</summary>
    public static Catalogues Default { get; } = new([]);

    /// <summary>These, with another one of its kind in place.</summary>
    public Catalogues With<T>(Catalogue<T> own) => new([own, .. _own.Where(o => o is not Catalogue<T>)]);

    /// <summary>The one of a kind.</summary>
    /// <param name="usual">What comes along.</param>
    public Catalogue<T> Of<T>(Catalogue<T> usual) => _own.OfType<Catalogue<T>>().FirstOrDefault() ?? usual;
}
