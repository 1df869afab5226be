using Microsoft.AspNetCore.Authorization; using Microsoft.AspNetCore.Mvc;
namespace G;
public interface IEntity<TKey> where TKey : struct { TKey Id { get; } }
public interface IStore<T> { T? Find(object id); }
[Route("api/[controller]")]
public abstract class ReadController<TEntity, TKey> : ControllerBase where TEntity : class, IEntity<TKey> where TKey : struct
{
    [HttpGet] public virtual IEnumerable<TEntity> List() => [];
    [HttpGet("{id}")] public virtual ActionResult<TEntity> One(TKey id) => NotFound();
}
[Authorize]
public abstract class WriteController<TEntity, TKey, TDto> : ReadController<TEntity, TKey> where TEntity : class, IEntity<TKey> where TKey : struct
{
    [HttpPost] public virtual IActionResult Create(TDto dto) => Ok();
    [HttpPut("{id}")] public abstract IActionResult Update(TKey id, TDto dto);
    [HttpDelete("{id}"), Authorize(Roles = "admin")] public virtual Task<IActionResult> DeleteAsync(TKey id) => Task.FromResult<IActionResult>(Ok());
}
public record Cat(int Id) : IEntity<int>; public record Dog(Guid Id) : IEntity<Guid>; 
public sealed class CatsController : WriteController<Cat, int, Cat> { public override IActionResult Update(int id, Cat dto) => Ok(); }
[AllowAnonymous] public class DogsController : ReadController<Dog, Guid> { public override ActionResult<Dog> One([FromRoute] Guid id) => Ok(); [HttpGet("{id}/toys")] public string Toys(Guid id) => ""; }
public class AnimalController<T> : ReadController<T, int> where T : class, IEntity<int> { }
[Route("kennel/[controller]/[action]")] public class KennelController : WriteController<Dog, Guid, string> { [AllowAnonymous] public override IActionResult Create(string dto) => Ok(); public override IActionResult Update(Guid id, string dto) => Ok(); [HttpDelete("{id}/now")] public override Task<IActionResult> DeleteAsync(Guid id) => base.DeleteAsync(id); }
